// The last page. It closes by itself.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

BarePage {
    id: page
    readonly property FarewellContent shown: view as FarewellContent
    leave: false
    Column {
        anchors.horizontalCenter: parent.horizontalCenter
        y: (parent.height - height) / 2 - (Theme.lowered && Theme.wide ? 40 : 0)
        width: parent.width - 2 * Theme.side
        spacing: Theme.wide ? 20 : 32
        Rectangle {
            width: Theme.wide ? 160 : 200
            height: width
            radius: width / 2
            color: Theme.jadeTint
            anchors.horizontalCenter: parent.horizontalCenter
            Icon { anchors.centerIn: parent; name: page.shown.lies ? "card" : "check"; color: Theme.jade; size: parent.width * 0.6 }
        }
        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: page.shown.title
            font.pixelSize: Theme.big(80)
            font.bold: true
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: page.shown.lead
            font.pixelSize: Theme.big(44)
        }
        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: page.shown.note
            color: Theme.soft
            font.pixelSize: Theme.lead
        }
    }
    MouseArea {
        anchors.fill: parent
        enabled: !page.shown.lies
        onClicked: CurrentPage.answer("bye")
        Accessible.ignored: true
    }
    onShownChanged: closing.restart()
    Timer {
        id: closing
        interval: page.shown.lies ? 2000 : 3000
        running: page.visible
        onTriggered: CurrentPage.answer("bye")
    }
}
