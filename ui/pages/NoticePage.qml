// The whole text of a notice, on as many sheets as it takes.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property NoticeContent shown: view as NoticeContent
    title: shown.title
    lead: shown.lead

    Turning {
        id: text
        width: parent.width
        height: parent.height
        of: page.view
        Repeater {
            model: page.shown.paragraphs
            Item {
                id: block
                required property string modelData
                readonly property bool tied: true
                width: text.blockWidth
                height: words.height + 24
                Label {
                    id: words
                    x: Theme.inset
                    y: 12
                    width: parent.width - 2 * Theme.inset
                    text: block.modelData
                    font.pixelSize: Theme.lead
                }
            }
        }
    }
    foot: PushButton {
        objectName: "close"
        anchors.right: parent.right
        width: Math.min(parent.width, Math.max(implicitWidth, 320))
        primary: true
        text: page.shown.close
        iconName: "check"
        onClicked: CurrentPage.answer("close")
    }
}
