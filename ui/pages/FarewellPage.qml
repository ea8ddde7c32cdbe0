// The last page. Goes by itself.
import QtQuick
import Kiosk
import "../components"

Item {
    id: page
    property var view: ({})
    Column {
        anchors.centerIn: parent
        width: parent.width - 2 * Theme.side
        spacing: 32
        Rectangle {
            width: 200
            height: 200
            radius: 100
            color: Theme.jadeTint
            anchors.horizontalCenter: parent.horizontalCenter
            Icon { anchors.centerIn: parent; name: "check"; color: Theme.jade; size: 120 }
        }
        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: page.view.title || ""
            font.pixelSize: Theme.px(80)
            font.bold: true
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: page.view.lead || ""
            font.pixelSize: Theme.px(44)
        }
        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: page.view.note || ""
            color: Theme.soft
            font.pixelSize: Theme.lead
        }
    }
    MouseArea {
        anchors.fill: parent
        onClicked: Bridge.answer("bye")
        Accessible.ignored: true
    }
    Timer {
        interval: 3000
        running: true
        onTriggered: Bridge.answer("bye")
    }
}
