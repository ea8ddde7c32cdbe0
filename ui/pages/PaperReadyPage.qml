// The paper has come out: asks the citizen to take it.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property PaperReadyContent shown: view as PaperReadyContent
    actions: shown.actions
    primaryLast: false   // most people are done: 退出 and the slip are as good as the home page
    span: true
    Column {
        y: Math.max(0, (parent.height - height) / 2)
        width: parent.width
        spacing: 28
        Rectangle {
            width: Theme.wide ? 144 : 176
            height: width
            radius: width / 2
            color: Theme.jadeTint
            Icon { anchors.centerIn: parent; name: "check"; color: Theme.jade; size: parent.width * 0.6 }
        }
        Label {
            width: parent.width
            text: page.shown.title
            font.pixelSize: Theme.title
            font.bold: true
            lineHeight: 0.85
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            text: page.shown.lead
            font.pixelSize: Theme.px(34)
            color: Theme.soft
            lineHeight: 0.95
        }
    }
}
